//! Pictures of users.

/// A picture that a user chose, as it is stored and served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar {
    /// The encoded bytes.
    pub bytes: Vec<u8>,
    /// The media type, such as `image/jpeg`.
    pub media_type: String,
    /// Identifies the bytes: 32 hexadecimal digits.
    pub etag: String,
}
