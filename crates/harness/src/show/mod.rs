//! Figures to look at: tables, and charts as data before they are drawn.

pub mod chart;
pub mod svg;
pub mod views;
