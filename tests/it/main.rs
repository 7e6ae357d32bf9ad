//! The stories of the product, told over real HTTP, and the contracts with others. One binary, so that it links once.

mod vipps_client;
