//! bussola-e2e
