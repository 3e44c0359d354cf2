//! Arguments of a script call, in one buffer: a group has thousands of them.

/// A list of byte strings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Args {
    buffer: Vec<u8>,
    ends: Vec<usize>,
}

impl Args {
    /// An empty list with room for so many.
    pub(crate) fn with_room(arguments: usize, bytes: usize) -> Self {
        Self {
            buffer: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(arguments),
        }
    }

    pub(crate) fn push(&mut self, argument: impl AsRef<[u8]>) -> &mut Self {
        self.buffer.extend_from_slice(argument.as_ref());
        self.ends.push(self.buffer.len());
        self
    }

    pub(crate) fn push_number(&mut self, number: impl Into<i128>) -> &mut Self {
        self.push(itoa::Buffer::new().format(number.into()))
    }

    /// A number, or the empty string for none.
    pub(crate) fn push_optional(&mut self, number: Option<u64>) -> &mut Self {
        match number {
            Some(number) => self.push_number(number),
            None => self.push(""),
        }
    }

    pub(crate) fn append(&mut self, other: &Self) -> &mut Self {
        let base = self.buffer.len();
        self.buffer.extend_from_slice(&other.buffer);
        self.ends.extend(other.ends.iter().map(|end| base + end));
        self
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.buffer[start..*end])
    }

    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.buffer.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_back_one_by_one() {
        let mut inner = Args::default();
        inner
            .push_number(-7_i64)
            .push_optional(None)
            .push_optional(Some(9));
        let mut args = Args::default();
        args.push("a").push(b"\0\xff").append(&inner);
        let all: Vec<&[u8]> = args.iter().collect();
        assert_eq!(all, [b"a".as_slice(), b"\0\xff", b"-7", b"", b"9"]);
        assert_eq!((args.count(), args.bytes()), (5, 6));
    }
}
