//! Puts the house together: the only file that knows every module.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::config::Loaded;
use crate::flows::import_users::ImportedUser;

/// What `demo` is started with.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    /// Where the API and the pages listen.
    pub listen: SocketAddr,
    /// Where the sandbox listens.
    pub sandbox_listen: SocketAddr,
    /// The folder that keeps everything.
    pub data: PathBuf,
    /// Another database than the one in the folder.
    pub database_url: Option<String>,
}

/// What `sandbox` is started with.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The folder that keeps its payments; without one they are forgotten.
    pub data: Option<PathBuf>,
}

/// The first person who may do everything.
pub struct NewAdmin {
    /// The address to sign in with.
    pub email: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The password.
    pub password: String,
}

/// Why a command did not end well.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The settings are not fit for serving.
    #[error("these settings cannot be served with:\n  {}", .0.join("\n  "))]
    Unservable(Vec<String>),
    /// Not there yet.
    #[error("{0} is not built yet")]
    NotBuilt(&'static str),
}

/// The demo organization with the sandbox, until somebody stops it.
pub async fn demo(_options: DemoOptions) -> Result<(), BootError> {
    Err(BootError::NotBuilt("demo"))
}

/// The main story against a throw-away house; prints each step and what it saw.
pub async fn tour() -> Result<(), BootError> {
    Err(BootError::NotBuilt("tour"))
}

/// The server, until somebody stops it.
pub async fn serve(_loaded: Loaded) -> Result<(), BootError> {
    Err(BootError::NotBuilt("serve"))
}

/// The sandbox alone, until somebody stops it.
pub async fn sandbox(_options: SandboxOptions) -> Result<(), BootError> {
    Err(BootError::NotBuilt("sandbox"))
}

/// Brings the schema up to date; answers the versions that ran.
pub async fn migrate(_loaded: Loaded) -> Result<Vec<String>, BootError> {
    Err(BootError::NotBuilt("migrate"))
}

/// Makes the first admin.
pub async fn create_admin(_loaded: Loaded, _admin: NewAdmin) -> Result<(), BootError> {
    Err(BootError::NotBuilt("user create-admin"))
}

/// Saves imported users; answers how many are new.
pub async fn import_users(_loaded: Loaded, _users: Vec<ImportedUser>) -> Result<usize, BootError> {
    Err(BootError::NotBuilt("user import"))
}

/// Writes a copy of the database while the server may be running.
pub async fn backup(_loaded: Loaded, _file: &Path) -> Result<(), BootError> {
    Err(BootError::NotBuilt("backup"))
}

/// The description of the API as JSON.
pub fn openapi() -> Result<String, BootError> {
    Err(BootError::NotBuilt("openapi"))
}
