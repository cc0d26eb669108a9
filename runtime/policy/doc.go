// Package policy decides who may do what with which key, from which
// providers, and how values are shown.
//
// A policy is a Lua file that declares rules. The rules are compiled to Go
// tables when the file is loaded; Lua runs per request only for a rule's
// optional predicate (when=) or chain hook (providers=), under an instruction
// and a memory budget. Start with [Load] or [Live] and [Policy.Decide].
//
// A deny rule always beats an allow rule, whatever their order; what no rule
// allows is denied; whatever fails is denied. Chain, redact and pin rules
// take the first match.
//
// The package never sees a value, and a script cannot reach files, the clock,
// the network, or another request.
package policy
