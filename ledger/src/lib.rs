//! bussola-ledger
