// Package watch delivers change events to subscribers without waiting for them.
//
// [Hub.Publish] adds an event to every subscription. A subscription keeps one
// pending event per provider and key and merges later ones into it, so a slow
// subscriber costs memory for the keys that changed, not for the number of
// changes. Above [MaxPending] keys it drops them all and delivers a Lagged event
// with their number, then a Resync.
//
// Start with [New] and [Hub.Watch]. The package carries keys and versions and
// cannot carry values.
package watch
