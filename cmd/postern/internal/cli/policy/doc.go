// Package policy holds the commands that check, test, explain and compare
// policies. Start with [Command].
package policy
