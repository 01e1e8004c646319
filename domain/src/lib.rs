//! bussola-domain
