//! What the example apps have in common, whatever they are drawn with: how the client is set up, what is asked of the
//! account's server, and what is said when something fails.

mod problem;
mod repo;
mod row;
mod settings;

pub use problem::Problem;
pub use repo::{Post, Profile, posts, profile, publish};
pub use row::Row;
pub use settings::Settings;
