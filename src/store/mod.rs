//! The only part that knows Redis.

pub mod durability;
pub mod private_redis;
pub mod redis_check;

pub mod redis_version;
