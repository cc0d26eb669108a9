// Package policies holds preset policies and their tests.
//
// Each preset is a Lua file whose first comment says when to use it. Presets name
// no provider, so they work with any configuration. [Source] returns the text of
// one, to use as it is or as a start for a policy of your own.
package policies
