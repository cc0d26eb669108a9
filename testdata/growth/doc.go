// Command growth prints how the cost of each operation of the library grows with the
// number or the size of what it works on, and fails if one grows faster than it may:
//
//	growth             all rows
//	growth -row NAME   the rows whose names contain NAME
//	growth -list       their names
//	growth -try        small sizes only
//
// The size is doubled up to the largest of the row. The cost of a size is the median of
// five measurements of the processor time of the process, so that it includes what runs
// in the background. The exponent is the slope of a line through the logarithms of size
// and cost over the last six doublings: 1 means that twice as much costs twice as much.
package main
