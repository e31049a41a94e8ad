// Package command is the command line of agentmsg.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// The exit codes, which the help documents.
const (
	exitDone = iota
	exitFailed
	exitUsage
	exitConfig
	exitAddress
	exitUndelivered
)

const exitCodes = `Exit codes:
  0  done; of the mock: stopped by a signal, and everything was done
  1  failed while it ran
  2  an unknown command or flag, or a value that a flag does not take
  3  the configuration has a mistake, or cannot be read
  4  the address cannot be listened on
  5  stopped by a signal, and something was left: the log says what`

// exit is an error with its exit code.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string { return e.err.Error() }

func (e *exit) Unwrap() error { return e.err }

// Run runs a command line and returns its exit code. What fails is a line on
// stderr.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	makeStrict(root)
	failed, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	wrong, ok := errors.AsType[*exit](err)
	if !ok { // cobra's own are about the command line
		wrong = &exit{exitUsage, err}
	}
	_, _ = fmt.Fprintf(stderr, "agentmsg: %v\n", wrong)
	if wrong.code == exitUsage {
		_, _ = fmt.Fprintf(stderr, "See %s --help.\n", failed.CommandPath())
	}
	return wrong.code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "agentmsg",
		Short:         "Tools for AI-agent messaging: a mock of the MAIA, BluBash and Conversations APIs",
		Long:          "Tools for AI-agent messaging: a mock of the MAIA, BluBash and Conversations APIs.\n\n" + exitCodes,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newMock(), newVersion())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exit{exitUsage, err} })
	return root
}

// makeStrict has cobra's own commands refuse a shell and a command that there
// are not: by themselves they answer with the help, as if all were well.
func makeStrict(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion":
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		case "help":
			c.Run, c.RunE = nil, func(_ *cobra.Command, args []string) error {
				of, _, err := root.Find(args)
				if err != nil {
					return err
				}
				of.InitDefaultHelpFlag()
				return of.Help()
			}
		}
	}
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program and of the Go that built it",
		Example: "  agentmsg version",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(c.OutOrStdout(), "agentmsg %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// version is the module's, as the build knows it; (devel) of a working tree.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
