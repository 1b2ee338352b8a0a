//! Reading estates as users write them.

#[cfg(test)]
mod estate_folder;
