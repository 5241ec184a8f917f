//! A look-alike of Duo's Admin API, served over TLS from inside the program.
//!
//! Promises: it checks every signature as Duo does, answers in Duo's shapes, holds records back as
//! Duo holds them back, and fails in the ways Duo and the networks before it fail, on demand. It
//! listens on this computer only, and everything it tells is invented. `demo` and the tests use
//! it; nothing else does.
//!
//! What is known of the API comes from <https://duo.com/docs/adminapi>, from Duo's own clients and
//! from recorded answers. Where nobody has published what Duo does, the choice made here is said
//! beside the code that makes it.

mod answer;
mod certificate;
mod clock;
mod connection;
mod faults;
mod invention;
mod logs;
mod organisation;
mod rate_limit;
mod records;
mod request;
mod resources;
mod route;
mod server;
mod verify;
mod world;

pub use clock::Clock;
pub use faults::{Fault, Faults, Look, Rule};
pub use invention::{Invented, bulk_authentication, invent};
pub use organisation::{Availability, Kind, Organisation, Permissions};
pub use rate_limit::{RateLimit, RateLimits};
pub use records::Published;
pub use server::Simulator;
pub use world::{INTEGRATION_KEY, LastPage, PageSizes, SECRET_KEY, Seen, SharedWorld, World};
