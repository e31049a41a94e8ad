// Package wire is what both ends of the three APIs agree on: the table of
// operations with their routes and retry classes, and header names. The client builds paths from it, the mock server registers its
// handlers from it. It imports nothing of this module.
package wire
