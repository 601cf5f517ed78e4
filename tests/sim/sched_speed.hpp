#pragma once

namespace mayfly::sim {

// Measures the scheduler alone, in houses of growing size, and prints orders a second.
void measure_speed();

}  // namespace mayfly::sim
