#![doc = include_str!("../README.md")]

pub mod judgement;
pub mod plan;
pub mod progress;
pub mod tagger;
