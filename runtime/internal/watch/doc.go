// Package watch tells subscribers what changed without ever waiting for them.
//
// A [Hub] takes events with Publish and hands them to every subscription, which
// keeps one pending event per key and merges what follows: a slow subscriber
// costs memory for the keys that changed, not for the changes. When even those
// are too many, the subscription forgets them, says how many it missed and asks
// for a fresh start.
//
// Start with [New] and [Hub.Watch]. The package carries keys and versions and
// cannot carry values.
package watch
