//! To come.
pub mod surrogates;
