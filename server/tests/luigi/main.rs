//! Luigi's edge, asked as a client asks it: over the real router, in process, on a store in memory and a clock that the
//! tests set.

mod arguments;
mod graphs;
mod hostile;
mod http;
mod lists;
mod shapes;
mod support;
