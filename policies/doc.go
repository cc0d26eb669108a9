// Package policies holds ready-made policies, with their tests.
//
// Each is a Lua file whose first comment says when to use it. They name no
// provider, so they work with any configuration; copy one and change it.
package policies
