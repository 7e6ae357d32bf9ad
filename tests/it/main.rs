//! One test binary: each subject has its file.

mod vipps_client;
