// Package bare is the floors: the least that sends, uploads, receives or fakes,
// as a careful engineer types it by hand with the standard library. Benchmarks
// measure this module beside it. It imports nothing of this module but the names
// of headers, so that a program of it links no more than it needs; types come as
// type parameters.
package bare
