// Package score says how well predicted log templates agree with known ones.
//
// What enters: for every line the predicted group and template and the true event and
// template. What leaves: the four accuracies that the literature on log parsing uses
// (GA: Zhu et al., "Tools and Benchmarks for Automated Log Parsing", ICSE-SEIP 2019;
// PA: Dai et al., "Logram", TSE 2020; FGA and FTA: Jiang et al., "LogPub", ISSTA 2024,
// after Khan et al., "Guidelines for Assessing the Accuracy of Log Message Template
// Identification Techniques", ICSE 2022).
//
// What is guaranteed: strings are compared byte for byte; nothing is normalised. What can
// be lost: nothing.
package score
