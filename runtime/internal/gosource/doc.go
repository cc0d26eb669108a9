// Package gosource makes a provider that is written in Go safe to call. Each function
// adds one behaviour to a source: [EndCalls] a deadline, [RecoverPanics] the end of
// panics and of errors that cannot be examined, [CopyValues] copies of the values and
// limits. Package runtime stacks them.
package gosource
