//! bussola-bench
