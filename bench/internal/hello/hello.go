// Package hello lists programs that send one message and print an id, each in
// the way that its SDK shows first. They are built to be weighed, never run.
package hello

// The two that matter.
const (
	Plain    = "nethttp"
	Agentmsg = "agentmsg"
)

// Light are the programs whose build is quick.
func Light() []string {
	return []string{Plain, Agentmsg, "go-retryablehttp", "go-github", "slack-go", "resend-go", "svix"}
}

// Package is a program's import path.
func Package(program string) string {
	return "github.com/agentmsg/agentmsg/bench/internal/hello/" + program
}
