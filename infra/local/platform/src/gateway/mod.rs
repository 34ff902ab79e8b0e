//! The browser's side: what API Gateway and CloudFront are in the cloud.

pub mod http_api;
pub mod http_event;
pub mod origin;
pub mod sockets;
pub mod web_files;
