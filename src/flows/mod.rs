//! One file per story, named with the verb people say. A flow contains the branches: it loads, lets the domain decide,
//! saves, and enqueues what must happen outside. No flow calls the network inside a transaction.

pub mod accept_invite;
pub mod access_token;
pub mod add_group;
pub mod add_user;
pub mod app;
pub mod change_members;
pub mod change_password;
pub mod delete_group;
pub mod edit_group;
pub mod edit_profile;
pub mod give_role;
pub mod invite_user;
pub mod log_in;
pub mod log_out;
pub mod passwords;
pub mod refresh;
pub mod reply;
pub mod see_people;
pub mod take_role;
pub mod throttle;
pub mod tokens;
