//! Data services: what is stored, and how it is backed up.

mod automated;
mod backup;
mod dynamodb;
mod files;
mod rds;
mod s3;
