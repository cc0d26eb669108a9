// Package hostile is the zoo: modules that try to read what they were not
// granted, to stop the host, or to lie, and what becomes of each. Only tests
// import it. The modules are text beside their binaries; table.txt says what is
// expected, and [Cases] reads it.
package hostile
