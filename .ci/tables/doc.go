// Command tables checks that the tables of the long tier are up to date. The table of
// an area of .ci/areas is testdata/long/AREA.txt; its first line names the commit that
// was tested. The check fails if more than 30 commits since then have changed the paths
// of the area, or if no file matches one of these paths. If the commit is not in the
// history of HEAD, as in a shallow clone, it fails with CI=true and prints a note
// otherwise. An area without a table fails as well, unless .ci/areas.untested lists it
// with the reason why it has none yet.
package main
