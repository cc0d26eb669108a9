// Package hostile is the zoo: modules that try to read what they were not
// granted, to stop the host, or to lie, and what becomes of each. Only tests
// import it. The modules are text beside their binaries, which build.sh makes;
// table.txt says what is expected, and [Cases] reads it.
//
// A few modules have no row, because tests drive them in ways of their own:
// careless and careless_as leave secrets everywhere, faulty breaks where it is
// told to, script emits whatever it is told to.
package hostile
