//! Enums whose variants have a stable text: what stands in the database, in `apply` files and in the API.
//! A renamed variant keeps its text; a text is never used again for something else.

/// A text that names none of the values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {what}: expected one of {}", expected.join(", "))]
pub struct UnknownName {
    /// What was expected, with its article.
    pub what: &'static str,
    /// What stood there.
    pub text: String,
    /// What may stand there.
    pub expected: &'static [&'static str],
}

/// Declares a fieldless enum with `ALL`, `as_str`, `parse` and `Display`.
macro_rules! stored_names {
    ($(#[$doc:meta])* $vis:vis enum $name:ident ($what:literal) {
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// Every stable text, in the order of [`Self::ALL`].
            pub const NAMES: &'static [&'static str] = &[$($text,)+];

            /// The stable text.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// Reads the stable text.
            pub fn parse(text: &str) -> Result<Self, $crate::stored_name::UnknownName> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::stored_name::UnknownName {
                        what: $what,
                        text: text.to_owned(),
                        expected: Self::NAMES,
                    }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
