//! bussola-store
