// Command tables checks the committed tables of the long tier. An area, a line of
// .ci/areas, needs a table, testdata/long/AREA.txt, whose first line names the
// commit that was measured. The check fails when an area has no table, when more
// than 30 commits since then changed the area's paths, or when a path names no
// file. A clone whose history does not reach the commit fails when CI=true, and
// is only reported elsewhere.
package main
