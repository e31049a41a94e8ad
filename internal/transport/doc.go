// Package transport takes one call to the network and back: attempts, waits,
// the retry budget, the limiter, bodies within bounds, and the evidence from
// which it tells whether the call happened.
//
// [Do] runs the call; go-retryablehttp turns the wheel and net/http carries
// each attempt; attempt, a RoundTripper between the two, makes one exchange
// under its own time-out and writes down what it saw; [Rule.decide], a pure
// function, says what that means. It imports nothing of this module.
package transport
