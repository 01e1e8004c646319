//! bussola-server
