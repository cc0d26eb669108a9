// Package guestmem holds the linear memory of guests and restores it between
// calls.
//
// An [Allocator] gives one guest its [Memory], outside the Go heap where the
// system allows it. [TakeImage] saves the state of an instance right after it was
// opened, and [Image.Restore] returns to it, in the way that is cheapest for the
// size of the memory. The package knows nothing about the guest ABI, and it does
// not decide when an instance is restored.
package guestmem
