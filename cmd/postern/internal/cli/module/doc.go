// Package module holds the commands that inspect, pin, verify and pack modules.
// Start with [Command].
package module
