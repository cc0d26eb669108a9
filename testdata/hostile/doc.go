// Package hostile is a collection of modules, the zoo, that try to read what they
// were not granted, to stop the host, or to lie. Only tests import it. The sources
// of the modules are beside their binaries, which build.sh builds; table.txt lists
// how a call of each must end, and [Cases] reads it.
//
// Some modules have no row, because tests use them in other ways: careless and
// careless_as leave copies of secrets everywhere, faulty breaks at a given stage,
// script emits given records, and recursion_returns calls itself deeper than the
// interpreter accepts. Package generate makes random ones.
package hostile
