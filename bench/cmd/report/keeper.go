package main

import (
	"errors"
	"fmt"
	"slices"
)

// keeper is what a hammer and the mock server need of a benchmark or a test.
type keeper struct {
	cleanups []func()
	errs     chan error
}

func newKeeper() *keeper { return &keeper{errs: make(chan error, 1)} }

func (*keeper) Helper() {}

func (k *keeper) Cleanup(f func()) { k.cleanups = append(k.cleanups, f) }

// Error keeps the first error; a hammer calls it on goroutines of its own.
func (k *keeper) Error(args ...any) {
	select {
	case k.errs <- errors.New(fmt.Sprint(args...)):
	default:
	}
}

func (k *keeper) Errorf(format string, args ...any) { k.Error(fmt.Sprintf(format, args...)) }

// Fatal and FailNow end the report: what it measures with does not work.
func (k *keeper) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

func (k *keeper) FailNow() { panic(k.failed()) }

func (k *keeper) failed() error {
	select {
	case err := <-k.errs:
		return err
	default:
		return nil
	}
}

// close cleans up, the last thing first.
func (k *keeper) close() {
	for _, f := range slices.Backward(k.cleanups) {
		f()
	}
}
