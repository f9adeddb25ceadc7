//! Enums that are stored and spoken as text: one macro, so that the text of every variant stands
//! beside it and reading and writing cannot drift apart.

/// A text that names no variant of the enum it was read as.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}")]
pub struct UnknownName {
    /// The enum that was asked for, as its Rust name.
    pub kind: &'static str,
    /// The text that was given.
    pub text: String,
}

/// Makes an enum with its text forms: `ALL`, `as_str`, `Display` and `FromStr`.
///
/// The text is what databases, tokens and logs hold, so a variant may be renamed in the code but
/// its text may not.
macro_rules! text_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $text:literal ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $( $(#[$variant_meta])* $variant ),+
        }

        impl $name {
            /// Every variant, in the order of its declaration.
            pub const ALL: &'static [Self] = &[$( Self::$variant ),+];

            /// The text form: what is stored and sent. It never changes.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $text ),+
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::names::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $( $text => Ok(Self::$variant), )+
                    _ => Err($crate::names::UnknownName {
                        kind: stringify!($name),
                        text: text.to_owned(),
                    }),
                }
            }
        }
    };
}
pub(crate) use text_enum;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    text_enum! {
        /// For the tests.
        enum Fruit {
            /// Sweet.
            Apple = "APPLE",
            /// Sour.
            BitterOrange = "BITTER_ORANGE",
        }
    }

    #[test]
    fn text_and_variant_go_both_ways() {
        assert_eq!(Fruit::ALL, [Fruit::Apple, Fruit::BitterOrange]);
        assert_eq!(Fruit::BitterOrange.as_str(), "BITTER_ORANGE");
        assert_eq!(Fruit::Apple.to_string(), "APPLE");
        for fruit in Fruit::ALL {
            assert_eq!(fruit.as_str().parse::<Fruit>(), Ok(*fruit));
        }
    }

    #[test]
    fn an_unknown_text_is_named_in_the_error() {
        let error = "apple".parse::<Fruit>().unwrap_err();
        assert_eq!(error.to_string(), "\"apple\" is not a Fruit");
    }
}
