package main

import (
	"cmp"
	"os"
	"slices"
	"strconv"

	"github.com/go-analyze/charts"
)

// bar is one of the chart's.
type bar struct {
	name  string
	ratio float64
}

// chart draws the bars, the shortest on top.
func chart(path string, bars []bar) error {
	bars = slices.Clone(bars)
	slices.SortStableFunc(bars, func(a, b bar) int { return cmp.Compare(b.ratio, a.ratio) }) // it draws from below
	names, ratios := make([]string, len(bars)), make([]float64, len(bars))
	for i, b := range bars {
		names[i], ratios[i] = b.name, b.ratio
	}
	painter, err := charts.HorizontalBarRender([][]float64{ratios},
		charts.TitleTextOptionFunc("Time a call without sockets; net/http by hand is 1"),
		charts.YAxisLabelsOptionFunc(names),
		charts.DimensionsOptionFunc(760, 60+32*len(bars)),
		func(o *charts.ChartOption) {
			o.OutputFormat = charts.ChartOutputSVG
			for i := range o.SeriesList {
				o.SeriesList[i].Label.Show = charts.Ptr(true)
				o.SeriesList[i].Label.ValueFormatter = func(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }
			}
		})
	if err != nil {
		return err
	}
	svg, err := painter.Bytes()
	if err != nil {
		return err
	}
	return os.WriteFile(path, svg, 0o644) //nolint:gosec // a picture
}
