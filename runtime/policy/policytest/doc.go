// Package policytest holds the tools for those who write policies: it runs the
// tests of a policy, writes reports for people and CI systems, compares two
// policies on the requests of a decision log, and describes the language of
// policies to editors. Start with [RunTests].
//
// Programs that only decide need package policy alone.
package policytest
