// Package policy decides who may do what with which key, which providers are
// asked for it, and how its value is shown.
//
// A policy is a Lua file that declares rules. Lua runs when the file is loaded.
// For a request it runs only if a rule has a predicate (when) or a chain hook
// (providers), within a budget of instructions and memory. Start with [Load], or
// with [Open] for a policy that follows its file, and with [Policy.Decide].
//
// A deny rule overrides every allow rule, whatever their order. A request that no
// rule allows is denied, and so is one whose decision fails. Among chain rules,
// redact rules and pin rules the first match wins.
//
// The package never sees a value. A policy cannot access files, the clock, the
// network or other requests.
//
// The tools for authors of policies are in package policytest.
package policy
