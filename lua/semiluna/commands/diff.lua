return function() print "todo" return 0 end
