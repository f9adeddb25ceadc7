//! Takes links to people. Until mail is connected it prints them on standard output, for the operator to pass on:
//! they are credentials, so they never go to the log and never to the one who asked.

use std::sync::Arc;

use parking_lot::Mutex;

/// A link for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Their e-mail address.
    pub to: String,
    /// What the link is for.
    pub subject: &'static str,
    /// The link, which is a credential.
    pub link: String,
}

/// Where messages go.
#[derive(Clone, Debug, Default)]
pub enum Courier {
    /// Standard output.
    #[default]
    Stdout,
    /// A list in memory, for whoever runs the server inside another program.
    Memory(Arc<Mutex<Vec<Message>>>),
}

impl Courier {
    /// Delivers.
    pub fn deliver(&self, message: Message) {
        match self {
            #[expect(clippy::print_stdout, reason = "the operator passes it on; the log must not have it")]
            Self::Stdout => println!("{} for {}: {}", message.subject, message.to, message.link),
            Self::Memory(list) => list.lock().push(message),
        }
    }
}

/// The link that carries a token to a page of the client. Behind `#`, so that no server or proxy on the way logs it.
pub fn link(public_url: &str, page: &str, token: &str) -> String {
    format!("{}/{page}#token={token}", public_url.trim_end_matches('/'))
}
