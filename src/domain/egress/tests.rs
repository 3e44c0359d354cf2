use super::*;
use AddressKind as Kind;

fn kind(address: &str) -> AddressKind {
    AddressKind::of(address.parse().expect("an address"))
}

/// First and last of every special range, and their public neighbours.
const KINDS: &[(Kind, &[&str])] = &[
    (Kind::Unspecified, &["0.0.0.0", "0.255.255.255", "::"]),
    (
        Kind::Loopback,
        &["127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"],
    ),
    (
        Kind::Private,
        &[
            "10.0.0.0",
            "10.255.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.168.0.0",
            "192.168.255.255",
            "fc00::",
            "fd00::1",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "fec0::1",
            "feff::1",
        ],
    ),
    (
        Kind::LinkLocal,
        &[
            "169.254.0.0",
            "169.254.169.254",
            "169.254.255.255",
            "fe80::1",
            "febf::1",
        ],
    ),
    (
        Kind::CarrierGrade,
        &["100.64.0.0", "100.100.100.200", "100.127.255.255"],
    ),
    (
        Kind::Multicast,
        &[
            "224.0.0.0",
            "239.255.255.255",
            "255.255.255.255",
            "ff00::",
            "ff02::1",
            "ffff::1",
        ],
    ),
    (
        Kind::Documentation,
        &[
            "192.0.2.0",
            "192.0.2.255",
            "198.51.100.7",
            "203.0.113.255",
            "2001:db8::1",
            "2001:db8:ffff::1",
            "3fff::1",
            "3fff:fff:ffff::1",
        ],
    ),
    (
        Kind::Benchmark,
        &["198.18.0.0", "198.19.255.255", "2001:2::1"],
    ),
    (
        Kind::Embedded,
        &[
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "::127.0.0.1",
            "::2",
            "::8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::8.8.8.8",
            "64:ff9b:1::a00:1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "192.88.99.1",
        ],
    ),
    (
        Kind::Reserved,
        &[
            "192.0.0.0",
            "192.0.0.170",
            "192.0.0.255",
            "240.0.0.0",
            "255.255.255.254",
            "100::1",
            "2001:1::1",
            "2001:10::1",
            "2001:20::1",
            "2001:1ff::1",
            "4000::1",
            "5f00::1",
            "1fff::1",
            "fe00::1",
        ],
    ),
    (
        Kind::Public,
        &[
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:db7::1",
            "2001:db9::1",
            "2003::1",
            "2606:4700::1111",
            "2a00:1450::1",
            "3ffe::1",
            "3fff:1000::1",
            "2000::1",
        ],
    ),
];

#[test]
fn every_special_range_is_known_to_its_borders() {
    for (wanted, addresses) in KINDS {
        for address in *addresses {
            assert_eq!(kind(address), *wanted, "{address}");
        }
    }
}

#[test]
fn only_named_ranges_open_what_is_not_public() {
    let rules = |ranges: &[&str]| {
        EgressRules::new(
            ranges
                .iter()
                .map(|range| range.parse().expect("a range"))
                .collect(),
        )
    };
    let allows = |rules: &EgressRules, address: &str, secure| {
        rules
            .judge(address.parse().expect("an address"), secure)
            .is_ok()
    };
    let closed = rules(&[]);
    assert!(allows(&closed, "93.184.216.34", true));
    assert!(!allows(&closed, "93.184.216.34", false), "without TLS");
    assert!(!allows(&closed, "10.1.2.3", true));
    assert!(!allows(&closed, "::1", true));
    let open = rules(&["10.1.0.0/16", "fd00::/8", "93.184.216.34"]);
    assert!(allows(&open, "10.1.2.3", true) && allows(&open, "10.1.2.3", false));
    assert!(allows(&open, "fd12::1", false) && allows(&open, "93.184.216.34", false));
    for closed in [
        "10.2.0.1",
        "127.0.0.1",
        "fc00::1",
        "::ffff:10.1.2.3",
        "64:ff9b::a01:203",
        "2002:a01:203::",
    ] {
        assert!(!allows(&open, closed, true), "{closed}");
    }
    let all = rules(&["0.0.0.0/0", "::/0"]);
    assert!(allows(&all, "169.254.169.254", false) && allows(&all, "ff02::1", true));
}

#[test]
fn a_refusal_says_what_the_address_is() {
    let refused =
        EgressRules::default().judge("169.254.169.254".parse().expect("an address"), true);
    assert_eq!(
        refused.expect_err("forbidden").to_string(),
        "169.254.169.254 is a link-local address, and only --allow-egress opens such addresses"
    );
}

#[test]
fn a_range_is_exact() {
    let range = |text: &str| text.parse::<AddressRange>();
    let contains = |text: &str, address: &str| {
        range(text)
            .expect("a range")
            .contains(address.parse().expect("an address"))
    };
    assert!(contains("10.0.0.0/8", "10.255.255.255") && !contains("10.0.0.0/8", "11.0.0.0"));
    assert!(contains("192.0.2.7", "192.0.2.7") && !contains("192.0.2.7", "192.0.2.6"));
    assert!(contains("0.0.0.0/0", "255.1.2.3") && !contains("0.0.0.0/0", "::1"));
    assert!(contains("::/0", "ff::1") && !contains("::/0", "1.2.3.4"));
    assert!(contains("fd00::/9", "fd7f::1") && !contains("fd00::/9", "fd80::1"));
    assert!(contains("::1", "::1") && !contains("::1", "::2"));
    for wrong in [
        "",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.1/8",
        "fd00::1/64",
        "10.0.0.0/",
        "10/8",
        "10.0.0.0/+8",
        "a/8",
        "::/-1",
    ] {
        assert!(range(wrong).is_err(), "{wrong}");
    }
    assert_eq!(range("fd00::/8").expect("a range").to_string(), "fd00::/8");
}

#[test]
fn an_endpoint_is_a_plain_url() {
    for good in [
        "https://worker.example.com/tasks",
        "https://worker.example.com:8443/tasks?kind=thumbs",
        "http://10.1.2.3/",
        "https://[2606:4700::1111]/",
    ] {
        assert_eq!(Endpoint::parse(good).expect(good).as_str(), good);
    }
    for wrong in [
        "",
        "worker.example.com",
        "/tasks",
        "ftp://h/",
        "file:///etc/passwd",
        "gopher://h/",
        "redis://h",
        "javascript:1",
        "https://",
        "https:///x/ y",
        "https://user@h/",
        "https://user:pass@h/",
        "https://:pass@h/",
        "https://h/#x",
        "https://h:0/",
        "https://h:99999/",
        "https://h /",
        "https://h/\r\nx: y",
        "https://h/\u{0}",
        " https://h/",
        "https://a\tb/",
        "https://127.0.0.256/",
        "https://[::1/",
    ] {
        assert!(Endpoint::parse(wrong).is_err(), "{wrong:?}");
    }
    assert!(Endpoint::parse(&format!("https://h/{}", "x".repeat(2_048))).is_err());
}

/// Every way in which a URL may spell an address leads to the address, which is judged.
#[test]
fn every_spelling_of_an_address_is_that_address() {
    for (url, address) in [
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://0x7f000001/", "127.0.0.1"),
        ("http://0177.0.0.1/", "127.0.0.1"),
        ("http://0x7f.1/", "127.0.0.1"),
        ("http://127.1/", "127.0.0.1"),
        ("http://0/", "0.0.0.0"),
        ("http://127.0.0.1./", "127.0.0.1"),
        ("http://１２７.０.０.１/", "127.0.0.1"),
        ("http://127。0。0。1/", "127.0.0.1"),
        ("http://%31%32%37.0.0.1/", "127.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://[0:0:0:0:0:0:0:1]/", "::1"),
        ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
        ("http://[::ffff:7f00:1]/", "::ffff:127.0.0.1"),
        ("http://[64:ff9b::127.0.0.1]/", "64:ff9b::7f00:1"),
    ] {
        let endpoint = Endpoint::parse(url).expect(url);
        let wanted: IpAddr = address.parse().expect("an address");
        assert_eq!(endpoint.address(), Some(wanted), "{url}");
        assert!(EgressRules::default().judge(wanted, true).is_err(), "{url}");
    }
    for name in [
        "https://localhost/",
        "https://127.0.0.1.example.com/",
        "https://example.com./",
    ] {
        assert_eq!(Endpoint::parse(name).expect(name).address(), None, "{name}");
    }
}
