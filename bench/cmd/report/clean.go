package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/agentmsg/agentmsg/bench/internal/hello"
	"github.com/agentmsg/agentmsg/bench/internal/measure"
	"github.com/agentmsg/agentmsg/internal/ratio"
)

// cleanBuilds is what builds take that find nothing built. In each round net/http's
// program is built with an empty cache; the others begin with a copy of what that
// left, or the standard library would be built, and its noise counted, each time.
func cleanBuilds(ctx context.Context) (measure.Table, error) {
	table := measure.Table{
		Title: "Clean build of it, processor time", Columns: []string{"", "seconds", "beside net/http"},
		Notes: "net/http's program with an empty build cache, the standard library included. The others: the same, and what their builds take\n" +
			"more where they find in the cache what it left. Three rounds in turn, median (least–most); those marked were built once.",
	}
	light := hello.Light()
	took := cleanTimes{}
	for round := range 3 {
		programs := append(light[round:len(light):len(light)], light[:round]...)
		if round == 0 {
			programs = append(programs, hello.Heavy()...)
		}
		if err := cleanRound(ctx, programs, took); err != nil {
			return table, err
		}
	}
	for _, program := range light {
		t := took[program]
		table.Add(program, ratio.RangeOf(t.seconds), ratio.RangeOf(t.beside))
	}
	for _, program := range hello.Heavy() {
		t := took[program]
		table.Add(program+", once", fmt.Sprintf("%.2f", t.seconds[0]), fmt.Sprintf("%.2f", t.beside[0]))
	}
	return table, nil
}

// cleanTimes are a program's in each round: the seconds, and the ratio to those
// of net/http's.
type cleanTimes map[string]*struct{ seconds, beside []float64 }

func (c cleanTimes) add(program string, seconds, plain float64) {
	if c[program] == nil {
		c[program] = &struct{ seconds, beside []float64 }{}
	}
	t := c[program]
	t.seconds, t.beside = append(t.seconds, seconds), append(t.beside, seconds/plain)
}

// cleanRound builds each program once, and adds the seconds that they took.
func cleanRound(ctx context.Context, programs []string, took cleanTimes) error {
	dir, err := os.MkdirTemp("", "clean")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	first := filepath.Join(dir, "first")
	build := func(cache, program string) (float64, error) {
		atOnce := "-p=1" // a heavy one takes gigabytes
		if slices.Contains(hello.Light(), program) {
			atOnce = fmt.Sprintf("-p=%d", runtime.NumCPU())
		}
		d, err := goBuild(ctx, []string{"GOCACHE=" + cache}, atOnce, "-o", cache+".program", hello.Package(program))
		return d.Seconds(), err
	}
	plain, err := build(first, hello.Plain)
	if err != nil {
		return err
	}
	link, err := again(build, first, hello.Plain)
	if err != nil {
		return err
	}
	took.add(hello.Plain, plain, plain)
	for _, program := range programs {
		if program == hello.Plain {
			continue
		}
		more, err := again(build, first, program)
		if err != nil {
			return err
		}
		took.add(program, plain+more-link, plain)
	}
	return nil
}

// again builds with a copy of a cache.
func again(build func(cache, program string) (float64, error), cache, program string) (float64, error) {
	copied := cache + "-" + program
	if err := os.CopyFS(copied, os.DirFS(cache)); err != nil {
		return 0, err
	}
	seconds, err := build(copied, program)
	if err != nil {
		return 0, err
	}
	return seconds, os.RemoveAll(copied)
}
