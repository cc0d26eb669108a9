// Package mask shows a small part of a secret value, or a hash of it, in place of
// the value.
//
// [Mask] is what a policy's redact rule asks for, with the limits that hold
// everywhere: in the policy, in logs and on the terminal. To find values in text
// and replace them, see package redact.
package mask
